//! Sockets that Rust loses, closes twice and uses after their close: native CASE, with a second argument as it should be. `line: NAME` marks
//! the lines that the test expects.
//!
//! SPDX-License-Identifier: Apache-2.0

use std::io::Write;
use std::mem::{forget, ManuallyDrop};
use std::net::{TcpListener, TcpStream};
use std::os::unix::io::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

mod net {
    use super::*;

    pub struct Pool<T> {
        pub kept: Vec<T>,
        pub listener: TcpListener,
    }

    impl<T: From<TcpStream>> Pool<T> {
        pub fn grow(&mut self) {
            let connection = TcpStream::connect(self.listener.local_addr().unwrap()).unwrap(); // line: connect
            self.kept.push(T::from(connection));
        }
    }

    pub trait Accepts {
        fn take(&self) -> TcpStream;
    }

    impl<T> Accepts for Pool<T> {
        fn take(&self) -> TcpStream {
            self.listener.accept().unwrap().0 // line: accept
        }
    }
}

use net::{Accepts, Pool};

fn pool() -> Pool<TcpStream> {
    Pool { kept: Vec::new(), listener: TcpListener::bind("127.0.0.1:0").unwrap() } // line: bind
}

fn lost(right: bool) {
    let mut pool = pool();
    pool.grow(); // line: grow
    let accepted = pool.take(); // line: take
    if !right {
        forget(accepted);
        forget(std::mem::take(&mut pool.kept));
    }
}

fn lost_in_a_thread(right: bool) {
    let thread = std::thread::spawn(move || {
        let made = (0..2).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()); // line: closure
        let made: Vec<_> = made.collect(); // line: collect
        if !right {
            forget(made);
        }
    });
    thread.join().unwrap();
}

fn close(number: RawFd) {
    let _owned = unsafe { OwnedFd::from_raw_fd(number) };
} // line: close

fn closed_twice(right: bool) {
    let number = pool().listener.into_raw_fd(); // line: pool
    close(number); // line: first
    if !right {
        close(number); // line: second
    }
}

fn used_after_its_close(right: bool) {
    let mut pool = pool();
    pool.grow(); // line: grow_again
    let connection = pool.kept.pop().unwrap();
    let mut stale = ManuallyDrop::new(unsafe { TcpStream::from_raw_fd(connection.as_raw_fd()) });
    if right {
        stale.write_all(b"!").unwrap();
    }
    drop(connection); // line: drop
    if !right {
        let _ = stale.write_all(b"!"); // line: write
    }
}

fn unwound(right: bool) {
    let result = std::panic::catch_unwind(|| { // line: catch
        let made = pool(); // line: made
        let number = made.listener.as_raw_fd();
        if !right {
            close(number); // line: before
        }
        std::panic::panic_any(number);
    }); // line: dropped
    assert!(result.is_err());
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let right = arguments.len() > 2;
    std::panic::set_hook(Box::new(|_| ()));
    match arguments[1].as_str() {
        "lost" => lost(right), // line: main_lost
        "lost_in_a_thread" => lost_in_a_thread(right),
        "closed_twice" => closed_twice(right), // line: main_twice
        "used_after_its_close" => used_after_its_close(right), // line: main_used
        "unwound" => unwound(right), // line: main_unwound
        _ => std::process::exit(2),
    }
}
