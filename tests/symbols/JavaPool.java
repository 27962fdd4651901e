// A request whose answer is read: by a URL (url) or a client (client), which keep the connection. Or such whose answers nobody reads (lost).
// SPDX-License-Identifier: Apache-2.0
import com.sun.net.httpserver.HttpServer;
import java.io.InputStream;
import java.net.*;
import java.net.http.*;
import java.util.*;

public class JavaPool {
	static final List<Object> kept = new ArrayList<>();

	public static void main(String[] args) throws Exception {
		HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
		server.createContext("/", exchange -> {
			byte[] answer = new byte[100000];
			exchange.sendResponseHeaders(200, answer.length);
			exchange.getResponseBody().write(answer);
			exchange.close();
		});
		server.setExecutor(java.util.concurrent.Executors.newCachedThreadPool());
		server.start();
		URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
		if (args[0].equals("url"))
			try (InputStream in = uri.toURL().openStream()) {
				in.readAllBytes();
			}
		else if (args[0].equals("client"))
			HttpClient.newHttpClient().send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofByteArray());
		else
			for (int i = 0; i < 5; i++) {
				kept.add(uri.toURL().openStream()); // line: lost
				Thread.sleep(100);
			}
		System.exit(0);
	}
}
