// Connections that Go makes by its own package net: dialer lost, with a second argument closed. `line: NAME` marks the lines that the test
// expects.
//
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"os"
)

var kept []net.Conn

func lost(address string) {
	connection, err := net.Dial("tcp", address) // line: dial
	if err != nil {
		panic(err)
	}
	if len(os.Args) > 2 {
		connection.Close()
	}
	kept = append(kept, connection)
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	lost(listener.Addr().String()) // line: main
	listener.Close()
}
