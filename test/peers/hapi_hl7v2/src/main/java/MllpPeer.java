import ca.uhn.hl7v2.*;
import ca.uhn.hl7v2.app.*;
import ca.uhn.hl7v2.model.Message;
import ca.uhn.hl7v2.protocol.ReceivingApplication;
import ca.uhn.hl7v2.util.Terser;
import ca.uhn.hl7v2.validation.impl.ValidationContextFactory;
import java.nio.charset.Charset;
import java.nio.file.*;
import java.util.Map;

/**
 * HAPI HL7v2 at either end of MLLP, or as a parser.
 * listen PORT [AA|AE|AR|NONE] | send HOST PORT FOLDER [TIMEOUT_MS] | parse FILE [er7|xml].  -Dcharset=..., -Dvalidate=true
 */
public class MllpPeer {
  public static void main(String[] a) throws Exception {
    try (HapiContext ctx = new DefaultHapiContext()) {
      if (!Boolean.getBoolean("validate")) ctx.setValidationContext(ValidationContextFactory.noValidation());
      Charset cs = Charset.forName(System.getProperty("charset", "UTF-8"));
      ((ca.uhn.hl7v2.llp.MinLowerLayerProtocol) ctx.getLowerLayerProtocol()).setCharset(cs); // else HAPI's own guess from MSH-18
      switch (a[0]) {
        case "listen" -> listen(ctx, Integer.parseInt(a[1]), a.length > 2 ? a[2] : "AA");
        case "send" -> send(ctx, a[1], Integer.parseInt(a[2]), Path.of(a[3]), cs, a.length > 4 ? Integer.parseInt(a[4]) : 10000);
        case "parse" -> parse(ctx, Files.readString(Path.of(a[1]), cs), a.length > 2 && a[2].equals("xml"));
        default -> throw new IllegalArgumentException(a[0]);
      }
    }
  }
  static void listen(HapiContext ctx, int port, String code) throws Exception {
    HL7Service server = ctx.newServer(port, false);
    server.registerApplication(new ReceivingApplication<Message>() {
      public boolean canProcess(Message m) { return true; }
      public Message processMessage(Message m, Map<String, Object> meta) throws HL7Exception {
        System.out.println("RECEIVED " + m.getName() + " " + m.getVersion() + " " + new Terser(m).get("/.MSH-10") + " " + m.encode().replace('\r', '~'));
        try {
          if (code.equals("NONE")) Thread.sleep(Long.MAX_VALUE);
          return code.equals("AA") ? m.generateACK() : m.generateACK(AcknowledgmentCode.valueOf(code), new HL7Exception("refused by the test peer"));
        } catch (Exception e) { throw new HL7Exception(e); }
      }
    });
    server.startAndWait();
    System.out.println("LISTENING " + port);
    Thread.currentThread().join();
  }
  static void send(HapiContext ctx, String host, int port, Path folder, Charset cs, int timeout) throws Exception {
    Connection c = ctx.newClient(host, port, false);
    c.getInitiator().setTimeout(timeout, java.util.concurrent.TimeUnit.MILLISECONDS);
    try (var files = Files.list(folder)) {
      for (Path f : files.sorted().toList()) {
        long t = System.nanoTime();
        try {
          Terser at = new Terser(c.getInitiator().sendAndReceive(ctx.getGenericParser().parse(Files.readString(f, cs).replaceAll("\r?\n", "\r"))));
          System.out.printf("%s %s %s %s %.1f ms%n", f.getFileName(), at.get("/.MSA-1"), at.get("/.MSA-2"), at.get("/.MSH-9-1"), (System.nanoTime() - t) / 1e6);
        } catch (Exception e) { System.out.println(f.getFileName() + " FAILED " + e); }
      }
    }
    c.close();
  }
  static void parse(HapiContext ctx, String text, boolean xml) throws Exception {
    Message m = ctx.getGenericParser().parse(text.replaceAll("\r?\n", "\r"));
    System.out.println("PARSED " + m.getClass().getName() + " version " + m.getVersion());
    System.out.println(xml ? ctx.getXMLParser().encode(m) : m.encode().replace('\r', '\n'));
  }
}
