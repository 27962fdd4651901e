// connect + close in Java, one after the other, to a server in the same process: Connect SIZE WARMUP prints the time of one, in ns.
//
// SPDX-License-Identifier: Apache-2.0
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

public class Connect {
    static void loop(ServerSocket server, int count) throws Exception {
        for (int i = 0; i < count; i++) {
            Socket socket = new Socket(server.getInetAddress(), server.getLocalPort());
            server.accept().close();
            socket.close();
        }
    }

    public static void main(String[] args) throws Exception {
        int size = Integer.parseInt(args[0]), warmup = Integer.parseInt(args[1]);
        try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            loop(server, warmup);
            long started = System.nanoTime();
            loop(server, size);
            System.out.println((double) (System.nanoTime() - started) / Math.max(1, size));
        }
    }
}
