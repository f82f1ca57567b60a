/* Jedis as it comes: values, ends, counters, sets, scans and pipelines, at the port and with the password given. */
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisPooled;
import redis.clients.jedis.Response;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.resps.ScanResult;

class Try {
  public static void main(String[] words) {
    var address = new HostAndPort("127.0.0.1", Integer.parseInt(words[0]));
    var config = DefaultJedisClientConfig.builder().password(words[1]).build();
    try (var jedis = new JedisPooled(address, config)) {
      expect(jedis.set("k", "v", SetParams.setParams().ex(100)), "OK");
      expect(jedis.get("k"), "v");
      expect(jedis.ttl("k"), 100L);
      expect(jedis.get("none"), null);
      expect(jedis.incrBy("n", 5), 5L);
      expect(jedis.decr("n"), 4L);
      expect(jedis.sadd("s", "a", "b"), 2L);
      expect(jedis.sismember("s", "a"), true);
      expect(jedis.smembers("s"), Set.of("a", "b"));

      List<Response<String>> got = new ArrayList<>();
      try (var pipeline = jedis.pipelined()) {
        for (int i = 0; i < 200; i++) {
          pipeline.set("p" + i, "" + i);
          got.add(pipeline.get("p" + i));
        }
        pipeline.sync();
      }
      for (int i = 0; i < 200; i++) expect(got.get(i).get(), "" + i);

      Set<String> met = new HashSet<>();
      ScanResult<String> page = new ScanResult<>(ScanParams.SCAN_POINTER_START, List.of());
      do {
        page = jedis.scan(page.getCursor(), new ScanParams().match("p1??"));
        met.addAll(page.getResult());
      } while (!page.isCompleteIteration());
      expect(met.size(), 100);
      try {
        jedis.lpush("l", "1");
        throw new AssertionError("lists are served");
      } catch (JedisDataException error) {
        expect(error.getMessage().contains("unknown command"), true);
      }
    }
    System.out.println("done");
  }

  private static void expect(Object got, Object wanted) {
    if (!java.util.Objects.equals(got, wanted)) throw new AssertionError(got + ", and not " + wanted);
  }
}
