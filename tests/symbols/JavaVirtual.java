// Virtual threads, which leave a connection each, one that waited for it and one that did not.
// SPDX-License-Identifier: Apache-2.0
import java.net.*;
import java.util.*;

public class JavaVirtual {
	static final List<Object> kept = Collections.synchronizedList(new ArrayList<>());

	static void connect(ServerSocket server) {
		try {
			kept.add(new Socket(server.getInetAddress(), server.getLocalPort())); // line: connect
		} catch (Exception e) {
			throw new RuntimeException(e);
		}
	}

	static void accept(ServerSocket server) {
		try {
			kept.add(server.accept()); // line: accept
		} catch (Exception e) {
			throw new RuntimeException(e);
		}
	}

	public static void main(String[] args) throws Exception {
		try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
			Thread waits = Thread.startVirtualThread(() -> accept(server)); // line: main_accept
			while (waits.getState() != Thread.State.WAITING)
				Thread.sleep(1);
			Thread.startVirtualThread(() -> connect(server)).join(); // line: main_connect
			waits.join();
		}
	}
}
