// Sockets that are closed before they were connected, and while threads are in a call on them: what the JDK then does by itself is no mistake of
// the program's.
// SPDX-License-Identifier: Apache-2.0
import java.net.*;

public class JavaCloses {
	static void unconnected() throws Exception {
		Socket bound = new Socket();
		bound.bind(null);
		bound.close();
		ServerSocket unbound = new ServerSocket();
		unbound.setReuseAddress(true);
		unbound.close();
		try (Socket refused = new Socket()) {
			refused.connect(new InetSocketAddress("127.0.0.1", 1));
		} catch (ConnectException e) {
		}
	}

	static void accept(int i) throws Exception {
		ServerSocket server = new ServerSocket(0);
		if (i % 2 == 0)
			server.setSoTimeout(60000);
		Thread thread = new Thread(() -> {
			try {
				server.accept();
			} catch (Exception e) {
				return;
			}
			throw new RuntimeException("accepted");
		});
		thread.start();
		Thread.sleep(i % 4);
		server.close();
		thread.join();
	}

	// A writer that is closed as it waits for room, or between two writes.
	static void write(int i) throws Exception {
		try (ServerSocket server = new ServerSocket(0); Socket socket = new Socket("127.0.0.1", server.getLocalPort()); Socket peer = server.accept()) {
			Thread thread = new Thread(() -> {
				byte[] data = new byte[1 + i * 5000];
				try {
					while (true)
						socket.getOutputStream().write(data);
				} catch (Exception e) {
					return;
				}
			});
			thread.start();
			Thread.sleep(i % 4);
			socket.close();
			thread.join();
			while (peer.getInputStream().read(new byte[100000]) > 0)
				continue;
		}
	}

	public static void main(String[] args) throws Exception {
		unconnected();
		for (int i = 0; i < 40; i++) {
			accept(i);
			write(i);
		}
	}
}
