// A client that closes its connection only if the greeting is a good one, and a server for it to talk to.
// SPDX-License-Identifier: Apache-2.0
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

public class Client {
    static void greet(ServerSocket listener) {
        try (Socket connection = listener.accept()) {
            connection.getOutputStream().write("421 too busy\n".getBytes());
        } catch (IOException e) {
            System.err.println(e);
        }
    }

    static void fetch(int port) throws IOException {
        Socket connection = new Socket(InetAddress.getLoopbackAddress(), port);
        if (connection.getInputStream().read() != '2')
            throw new IOException("refused"); // the mistake: the connection stays open
        connection.close();
    }

    public static void main(String[] args) throws Exception {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread server = new Thread(() -> greet(listener));
            server.start();
            try {
                fetch(listener.getLocalPort());
            } catch (IOException e) {
                System.out.println(e.getMessage());
            }
            server.join();
        }
    }
}
