import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.File;
import java.lang.reflect.Field;

/**
 * A server that speaks MongoDB's protocol, with TLS as mongod has it: key and certificate in one file, which is read
 * again at rotateCertificates. Prints its port.
 */
public final class Mongod {
  public static void main(String[] args) throws Exception {
    var pem = new File(args[0]);
    var backend = new MemoryBackend() {
      Runnable rotate;

      @Override
      public Document handleMessage(MongoMessage message) {
        if (!message.getDocument().containsKey("rotateCertificates")) return super.handleMessage(message);
        rotate.run();
        return new Document("ok", 1.0);
      }
    };
    var server = new MongoServer(backend);
    backend.rotate = () -> present(server, pem);
    backend.rotate.run();
    server.bind("127.0.0.1", Integer.parseInt(args[1]));
    System.out.println("listens at " + server.getLocalAddress().getPort());
  }

  /** Its own way takes a certificate only before it listens. */
  private static void present(MongoServer server, File pem) {
    try {
      SslContext context = SslContextBuilder.forServer(pem, pem).build();
      Field field = MongoServer.class.getDeclaredField("sslContext");
      field.setAccessible(true);
      field.set(server, context);
    } catch (Exception problem) {
      throw new IllegalStateException(problem);
    }
  }
}
