// What the collector closes: a socket that nobody refers to any more, as the Cleaner runs. With the word "close" none is left to it.
// SPDX-License-Identifier: Apache-2.0
import java.net.ServerSocket;

public class JavaCollected {
	static void forget(boolean close) throws Exception {
		ServerSocket socket = new ServerSocket(0); // line: forgotten
		if (close)
			socket.close();
	}

	public static void main(String[] args) throws Exception {
		forget(args.length > 0); // line: main
		for (int i = 0; i < 20; i++) {
			System.gc();
			Thread.sleep(20);
		}
	}
}
