// Which test left which socket open, and where it opened it, when tests of JUnit 5 run under SockSan, `socksan run -- mvn test`. Copy this
// file to src/test/java/socksan, and put @ExtendWith(SockSanExtension.class) at a class, or register it for all: see
// "Automatic Extension Registration" in JUnit's user guide.
//
//	pool = SockSanExtension.ignore(() -> new Socket(host, port)); // meant to stay open
//
// A test answers for what it opens, from its constructor to its last @AfterEach; a class for what its @BeforeAll opens, and for what the
// listeners of that accept, after its last @AfterAll. Tests that run at once share what they leave: the last of them tells it. Without
// SockSan this does nothing.
// SPDX-License-Identifier: Apache-2.0
package socksan;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

public final class SockSanExtension
		implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback, InvocationInterceptor {
	private static final long GRACE = 200; // ms that a thread or a peer has to close what it is about to close

	// The functions of socksan.h: the shim has them for this class, by its name.
	private static native int isActive();
	private static native long mark();
	private static native int next(int fd, long mark);
	private static native long number(int fd);
	private static native long listener(int fd);
	private static native int isOwn(int fd);
	private static native int ignore0(int fd);
	private static native String describe(int fd);

	private static final boolean active = findShim();

	private static boolean findShim() {
		try {
			Pattern shim = Pattern.compile("(?m)/.*/libsocksan\\.so$");
			Matcher found = shim.matcher(new String(Files.readAllBytes(Paths.get("/proc/self/maps")), StandardCharsets.UTF_8));
			if (!found.find())
				return false;
			System.load(found.group());
			if (isActive() == 0)
				return false;
			// What the JDK opens for itself with its first sockets, and keeps, is no test's.
			ServerSocketChannel.open().close();
			try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
				new Socket(server.getInetAddress(), server.getLocalPort()).close();
				server.accept().close();
			}
			return true;
		} catch (IOException | LinkageError | RuntimeException e) {
			return false;
		}
	}

	/** Says that each socket that is opened by `maker` is meant to stay open: no test and no report tells of it. */
	public static <T> T ignore(Callable<T> maker) throws Exception {
		long before = active ? mark() : 0;
		T made = maker.call();
		if (active)
			for (int fd : opened(before).values())
				ignore0(fd);
		return made;
	}

	private static final class Running {
		final String name;
		final long mark;

		Running(String name, long mark) {
			this.name = name;
			this.mark = mark;
		}
	}

	// Of all tests of this process; the lock of the class guards it.
	private static final Map<String, Running> running = new HashMap<>(); // by the id of their context
	private static final List<Running> waiting = new ArrayList<>(); // ended while others ran
	private static final Set<Long> told = new HashSet<>(); // numbers of sockets
	private static final Map<Long, Boolean> own = new HashMap<>(); // by number: whether the user's code opened it
	private static final Map<String, Set<Long>> classes = new HashMap<>(); // by id: the numbers that a class answers for
	private static final ThreadLocal<Long> constructed = new ThreadLocal<>(); // the mark before a test's constructor
	private static long outside; // the mark where the last test ended, or the class began

	// By number, the descriptors of what was opened since the mark, and is open.
	private static Map<Long, Integer> opened(long mark) {
		Map<Long, Integer> found = new TreeMap<>();
		for (int fd = next(0, mark); fd >= 0; fd = next(fd + 1, mark))
			found.put(number(fd), fd);
		return found;
	}

	// What was opened while no test ran, the class did, or one around it that has not had a test yet.
	private static synchronized void take(ExtensionContext context, long until) {
		Set<Long> mine = classes.get(context.getRequiredTestClass().getName());
		if (mine == null || !running.isEmpty())
			return;
		for (long number : opened(outside).keySet())
			if (number <= until && !told.contains(number) && classes.values().stream().noneMatch(one -> one.contains(number)))
				mine.add(number);
		outside = Math.max(outside, until);
	}

	@Override
	public void beforeAll(ExtensionContext context) {
		if (!active)
			return;
		context.getParent().filter(outer -> outer.getTestClass().isPresent()).ifPresent(outer -> take(outer, mark()));
		synchronized (SockSanExtension.class) {
			classes.put(context.getRequiredTestClass().getName(), new HashSet<>());
			if (running.isEmpty() && classes.size() == 1)
				outside = mark();
		}
	}

	@Override
	public <T> T interceptTestClassConstructor(Invocation<T> invocation, ReflectiveInvocationContext<Constructor<T>> called,
			ExtensionContext context) throws Throwable {
		boolean each = context.getTestInstanceLifecycle().orElse(Lifecycle.PER_METHOD) == Lifecycle.PER_METHOD;
		if (active && each && constructed.get() == null)
			constructed.set(mark());
		return invocation.proceed();
	}

	@Override
	public void beforeEach(ExtensionContext context) {
		if (!active)
			return;
		long begun = constructed.get() != null ? constructed.get() : mark();
		constructed.remove();
		synchronized (SockSanExtension.class) {
			take(context, begun);
			String name = context.getRequiredTestClass().getSimpleName() + "." + context.getDisplayName();
			running.put(context.getUniqueId(), new Running(name, begun));
		}
	}

	@Override
	public void afterEach(ExtensionContext context) throws InterruptedException {
		if (!active)
			return;
		List<Running> all = new ArrayList<>();
		synchronized (SockSanExtension.class) {
			Running own = running.get(context.getUniqueId());
			waiting.add(own);
			if (running.size() > 1) {
				running.remove(context.getUniqueId());
				return;
			}
			all.addAll(waiting);
			waiting.clear();
		}
		long mark = all.stream().mapToLong(one -> one.mark).min().getAsLong();
		String names = all.stream().map(one -> one.name).collect(Collectors.joining(", "));
		try {
			tell(all.size() > 1 ? "one of " + names : names, () -> left(mark));
		} finally {
			synchronized (SockSanExtension.class) {
				running.remove(context.getUniqueId());
				outside = mark();
			}
		}
	}

	@Override
	public void afterAll(ExtensionContext context) throws InterruptedException {
		if (!active)
			return;
		take(context, mark());
		Class<?> whose = context.getRequiredTestClass();
		Set<Long> mine = new HashSet<>(classes.get(whose.getName()));
		try {
			tell("class " + whose.getSimpleName(), () -> {
				Map<Long, Integer> found = opened(0);
				found.keySet().retainAll(mine);
				return found;
			});
		} finally {
			synchronized (SockSanExtension.class) {
				classes.remove(whose.getName());
			}
		}
	}

	// What a test answers for that began at the mark: not for what a listener of before it accepted.
	private static synchronized Map<Long, Integer> left(long mark) {
		Map<Long, Integer> found = opened(mark);
		found.entrySet().removeIf(one -> {
			long listener = listener(one.getValue());
			for (Set<Long> mine : classes.values())
				if (mine.contains(listener))
					mine.add(one.getKey());
			return (listener > 0 && listener <= mark) || told.contains(one.getKey());
		});
		return found;
	}

	private static synchronized Map<Long, Integer> owned(Map<Long, Integer> found) {
		found.entrySet().removeIf(one -> !own.computeIfAbsent(one.getKey(), number -> isOwn(one.getValue()) != 0));
		return found;
	}

	private static void tell(String whose, Supplier<Map<Long, Integer>> find) throws InterruptedException {
		long giveUp = System.nanoTime() + GRACE * 1000000;
		Map<Long, Integer> found = owned(find.get());
		while (!found.isEmpty() && System.nanoTime() < giveUp) {
			Thread.sleep(10);
			found = owned(find.get());
		}
		if (found.isEmpty())
			return;
		synchronized (SockSanExtension.class) {
			told.addAll(found.keySet());
		}
		Collection<Integer> fds = found.values();
		AssertionError error = new AssertionError(fds.stream().map(fd -> "socksan: " + whose + " left open: " + describe(fd))
				.collect(Collectors.joining("\n")));
		error.setStackTrace(new StackTraceElement[0]);
		throw error;
	}
}
