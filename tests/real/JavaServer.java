// A small HTTP server on com.sun.net.httpserver: says its port, serves until its input ends.
// SPDX-License-Identifier: Apache-2.0
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;

public class JavaServer {
	public static void main(String[] args) throws Exception {
		var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
		var pool = Executors.newFixedThreadPool(4);
		server.setExecutor(pool);
		server.createContext("/", exchange -> {
			var answer = "hello\n".getBytes();
			exchange.getResponseHeaders().set("Connection", "close");
			exchange.sendResponseHeaders(200, answer.length);
			exchange.getResponseBody().write(answer);
			exchange.close();
		});
		server.start();
		System.out.println("port " + server.getAddress().getPort());
		while (System.in.read() >= 0)
			;
		server.stop(1);
		pool.shutdown();
		System.out.println("stopped");
	}
}
