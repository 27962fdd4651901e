// Sockets that Go makes through C: native CASE, with a second argument as it should be. `line: NAME` marks the lines that the test expects.
//
// SPDX-License-Identifier: Apache-2.0

package main

/*
#include <sys/socket.h>
#include <unistd.h>

static int make(void)
{
	return socket(AF_INET, SOCK_STREAM, 0); // line: c_socket
}

static int twice(int number)
{
	return close(number); // line: c_close
}

static int use(int number)
{
	return listen(number, 1); // line: c_listen
}

void called_back(int);
static void call_back(int number)
{
	called_back(number); // line: c_call
}
*/
import "C"

import (
	"net"
	"os"
)

var right = len(os.Args) > 2

func lost() {
	number := C.make()
	if right {
		C.twice(number)
	}
}

func lostInAGoroutine() {
	done := make(chan C.int)
	go func() { done <- C.make() }()
	number := <-done
	if right {
		C.twice(number)
	}
}

//export called_back
func called_back(number C.int) {
	if !right {
		C.twice(number)
	}
}

func closedTwice() {
	number := C.make()
	C.call_back(number)
	C.twice(number)
}

func usedAfterItsClose() {
	number := C.make()
	C.twice(number)
	if !right {
		C.use(number)
	}
}

func unseen() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	if right {
		listener.Close()
	}
}

func main() {
	map[string]func(){"lost": lost, "lost_in_a_goroutine": lostInAGoroutine, "closed_twice": closedTwice,
		"used_after_its_close": usedAfterItsClose, "unseen": unseen}[os.Args[1]]()
}
