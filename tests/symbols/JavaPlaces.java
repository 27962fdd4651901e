// What Java leaves open: java_test.py has the frames of each. With the word "close" it is closed.
// SPDX-License-Identifier: Apache-2.0
package com.example;

import java.lang.reflect.Method;
import java.net.*;
import java.nio.channels.*;
import java.util.*;
import java.util.function.Supplier;

public class JavaPlaces {
	static final List<AutoCloseable> kept = Collections.synchronizedList(new ArrayList<>());
	static ServerSocket server;
	static InetSocketAddress address;

	interface Opener {
		AutoCloseable open() throws Exception;
	}

	static class Holder {
		static final DatagramSocket socket;
		static {
			try {
				socket = new DatagramSocket(); // line: initializer
			} catch (SocketException e) {
				throw new ExceptionInInitializerError(e);
			}
		}
	}

	static class Member implements Opener {
		final Socket socket;

		Member() throws Exception {
			socket = new Socket(address.getAddress(), address.getPort()); // line: constructor
		}

		public AutoCloseable open() {
			return socket;
		}
	}

	static AutoCloseable accept() throws Exception {
		return server.accept(); // line: accept
	}

	static AutoCloseable größe() throws Exception {
		return SocketChannel.open(); // line: names
	}

	public static AutoCloseable reflected() throws Exception {
		return DatagramChannel.open(); // line: reflected
	}

	static AutoCloseable recursive(int n) throws Exception {
		if (n > 0)
			return recursive(n - 1); // line: again
		return DatagramChannel.open(); // line: recursive
	}

	static void inThread() {
		try {
			kept.add(ServerSocketChannel.open()); // line: thread
		} catch (Exception e) {
			throw new RuntimeException(e);
		}
	}

	public static void main(String[] args) throws Exception {
		server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress()); // line: server
		address = (InetSocketAddress) server.getLocalSocketAddress();
		kept.add(server);
		kept.add(new Member().open()); // line: main_constructor
		kept.add(accept()); // line: main_accept
		kept.add(größe()); // line: main_names
		Opener lambda = () -> SocketChannel.open(); // line: lambda
		kept.add(lambda.open()); // line: main_lambda
		Opener anonymous = new Opener() {
			public AutoCloseable open() throws Exception {
				return SocketChannel.open(); // line: anonymous
			}
		};
		kept.add(anonymous.open()); // line: main_anonymous
		Method method = JavaPlaces.class.getMethod("reflected");
		kept.add((AutoCloseable) method.invoke(null)); // line: main_reflected
		kept.add(recursive(30)); // line: main_recursive
		kept.add(Holder.socket); // line: main_initializer
		Thread thread = new Thread(JavaPlaces::inThread);
		thread.start();
		thread.join();
		if (args.length > 0)
			for (AutoCloseable one : kept)
				one.close();
	}
}
