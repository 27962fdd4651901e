// Sockets at the ends of random paths of calls. Before each, its stack as the VM itself tells it goes to a file, without what is not of this
// class: "line function|..." a line. By lambdas, reflection, locks and loops, often enough that methods are compiled, and put into others.
// SPDX-License-Identifier: Apache-2.0
import java.io.PrintStream;
import java.net.DatagramSocket;
import java.util.Random;

public class JavaDeep {
	interface Way {
		int go(int n) throws Exception;
	}

	static PrintStream out;
	static Random random;
	static volatile int sink;

	static class Plain implements Way {
		public int go(int n) throws Exception {
			return next(n) + 1;
		}
	}

	static final class Derived extends Plain {
		public int go(int n) throws Exception {
			try {
				return super.go(n);
			} finally {
				sink++;
			}
		}
	}

	static final Way[] ways = {new Plain(), new Derived(), JavaDeep::reflected, n -> next(n), JavaDeep::locked};

	static int reflected(int n) throws Exception {
		return (Integer)JavaDeep.class.getDeclaredMethod("next", int.class).invoke(null, n);
	}

	static synchronized int locked(int n) throws Exception {
		return next(n);
	}

	static int next(int n) throws Exception {
		if (n == 0) {
			tell(new Throwable()); new DatagramSocket(null).close();
			return 0;
		}
		long all = n;
		int found = ways[random.nextInt(ways.length)].go(n - 1);
		sink += (int)all;
		return found;
	}

	static void tell(Throwable here) {
		StringBuilder text = new StringBuilder();
		for (StackTraceElement e : here.getStackTrace())
			if (e.getClassName().startsWith("JavaDeep"))
				text.append(e.getLineNumber()).append(' ').append(e.getClassName()).append('.').append(e.getMethodName()).append('|');
		out.println(text);
	}

	static void run(int rounds) {
		try {
			for (int i = 0; i < rounds; i++)
				next(random.nextInt(7));
		} catch (Exception e) {
			throw new RuntimeException(e);
		}
	}

	public static void main(String[] args) throws Exception {
		int rounds = Integer.parseInt(args[1]);
		out = new PrintStream(args[0]);
		random = new Random(rounds);
		new DatagramSocket(null).close(); // what the JDK probes once
		if (args.length > 2)
			((Thread)Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, (Runnable)() -> run(rounds))).join();
		else
			run(rounds);
		out.close();
	}
}
