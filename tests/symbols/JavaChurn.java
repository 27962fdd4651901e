// Threads that open, close, collect and end, of classes that come and go, while the VM collects and at last ends, as the first word says: by
// main's return (return), exit (exit), halt (halt), or with threads that are still at it. Nothing is left open but what the end finds open.
// SPDX-License-Identifier: Apache-2.0
import java.io.InputStream;
import java.net.*;
import java.nio.channels.*;
import java.util.concurrent.atomic.AtomicInteger;

public class JavaChurn {
	public static final AtomicInteger left = new AtomicInteger();
	public static int port;

	public static class Work implements Runnable {
		int deep(int n) throws Exception {
			if (n > 0)
				return deep(n - 1) + 1;
			try (DatagramSocket socket = new DatagramSocket(null)) {
				return socket.isClosed() ? 1 : 0;
			}
		}

		public void run() {
			try {
				deep(left.get() % 40);
				try (Socket socket = new Socket("127.0.0.1", port)) {
					socket.setTcpNoDelay(true);
				}
				SocketChannel channel = SocketChannel.open();
				channel.close();
				channel.close();
				if (left.get() % 7 == 0)
					new DatagramSocket(null); // the collector's to close
			} catch (Exception e) {
				if (left.get() > 0)
					throw new RuntimeException(e);
			}
		}
	}

	// Loads Work anew, so that its methods lie elsewhere, or where those of one that was collected lay.
	static class Loader extends ClassLoader {
		protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
			if (!name.equals("JavaChurn$Work"))
				return super.loadClass(name, resolve);
			try (InputStream in = JavaChurn.class.getResourceAsStream("JavaChurn$Work.class")) {
				byte[] bytes = in.readAllBytes();
				return defineClass(name, bytes, 0, bytes.length);
			} catch (Exception e) {
				throw new ClassNotFoundException(name, e);
			}
		}
	}

	static void churn() {
		try {
			while (left.decrementAndGet() >= 0) {
				boolean fresh = left.get() % 5 == 0;
				Class<?> work = fresh ? new Loader().loadClass("JavaChurn$Work") : Work.class;
				Runnable run = (Runnable) work.getDeclaredConstructor().newInstance();
				Thread thread = new Thread(run);
				thread.start();
				run.run();
				thread.join();
				if (left.get() % 11 == 0)
					System.gc();
			}
		} catch (Exception e) {
			e.printStackTrace();
			Runtime.getRuntime().halt(1);
		}
	}

	public static void main(String[] args) throws Exception {
		int rounds = Integer.parseInt(args[1]);
		boolean busy = args[0].endsWith("-busy");
		int most = busy ? Integer.MAX_VALUE : rounds;
		left.set(most);
		if (args.length > 2) {
			System.load(args[2]);
			JavaNative.interrupt(1000);
		}
		ServerSocket server = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
		port = server.getLocalPort();
		Thread acceptor = new Thread(() -> {
			try {
				while (true)
					server.accept().close();
			} catch (Exception e) {
				return;
			}
		});
		acceptor.setDaemon(true);
		acceptor.start();
		Thread[] threads = new Thread[4];
		for (int i = 0; i < threads.length; i++) {
			threads[i] = new Thread(JavaChurn::churn);
			threads[i].setDaemon(true);
			threads[i].start();
		}
		while (busy && left.get() > most - rounds)
			Thread.sleep(1);
		for (Thread thread : threads)
			if (!busy)
				thread.join();
		if (args[0].startsWith("exit"))
			System.exit(0);
		if (args[0].startsWith("halt"))
			Runtime.getRuntime().halt(0);
	}
}
