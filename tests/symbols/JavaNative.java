// Sockets that native code makes below Java: each place, in its order, is asserted in java_test.py. With a second word: misuse.
// SPDX-License-Identifier: Apache-2.0
public class JavaNative {
	static native void lose();
	static native void loseInCritical(int[] array);
	static native void call();
	static native int open();
	static native void close(int fd);
	static native void send(int fd);
	static native void unknownThread();
	static native void attachedThread();
	static native void forked();
	static native void interrupt(int microseconds);

	static void called() {
		lose(); // line: called
	}

	// Java itself closes an object's descriptor once; native code may do as it likes.
	static void misuse() {
		int fd = open(); // line: opened
		close(fd); // line: first
		send(fd); // line: used
		close(fd); // line: second
	}

	public static void main(String[] args) throws Exception {
		System.load(args[0]);
		if (args.length > 1) {
			misuse(); // line: misuse
			return;
		}
		lose(); // line: lose
		loseInCritical(new int[8]); // line: critical
		call(); // line: call
		unknownThread();
		attachedThread(); // line: attached
		forked(); // line: forked
	}
}
