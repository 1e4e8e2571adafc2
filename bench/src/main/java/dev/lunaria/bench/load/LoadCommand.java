package dev.lunaria.bench.load;

import dev.lunaria.iscsi.chap.ChapCredential;
import dev.lunaria.iscsi.chap.ChapSecret;
import dev.lunaria.iscsi.initiator.Portal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code load}: a load on any iSCSI target, measured. Main thread. */
@Command(
        name = "load",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Reads and writes a logical unit of any iSCSI target with our own initiator, and prints IOPS,",
            "MB/s and latencies. WRITES OVER WHAT IS THERE unless only reads are asked for."
        })
public final class LoadCommand implements Callable<Integer> {
    @Option(names = "--portal", required = true, paramLabel = "HOST:PORT", description = "Where.")
    private String portal = "";

    @Option(names = "--target", required = true, paramLabel = "IQN", description = "Target name.")
    private String target = "";

    @Option(
            names = "--lun",
            defaultValue = "0",
            paramLabel = "N",
            description = "Logical unit, 0 to 255. Default 0.")
    private int lun;

    @Option(
            names = "--initiator",
            defaultValue = "iqn.2026-11.dev.lunaria:bench",
            paramLabel = "IQN",
            description = "Our name. Default ${DEFAULT-VALUE}.")
    private String initiator = "";

    @Option(
            names = "--chap-file",
            paramLabel = "FILE",
            description = {
                "CHAP secrets: the first line proves us under our name, the second, where there is one,",
                "the target under its own."
            })
    private @Nullable Path chapFile;

    @Option(names = "--sessions", defaultValue = "1", paramLabel = "N", description = "Default 1.")
    private int sessions;

    @Option(
            names = "--depth",
            defaultValue = "32",
            paramLabel = "N",
            description = "Operations at once in each session, 1 to 128. Default 32.")
    private int depth;

    @Option(
            names = "--block-kib",
            defaultValue = "4",
            paramLabel = "KIB",
            description = "Size of each, 4 to 4096 in steps of 4. Default 4.")
    private int blockKib;

    @Option(
            names = "--read-percent",
            defaultValue = "100",
            paramLabel = "N",
            description = "How many of a hundred read; the others write. Default 100.")
    private int readPercent;

    @Option(
            names = "--order",
            defaultValue = "RANDOM",
            paramLabel = "random|sequential",
            description = "Default random.")
    private Work.Order order = Work.Order.RANDOM;

    @Option(names = "--flushed", description = "SYNCHRONIZE CACHE behind each write.")
    private boolean flushed;

    @Option(
            names = "--verify",
            description = "Mark what is written, and compare what is read of it.")
    private boolean verify;

    @Option(
            names = "--seconds",
            defaultValue = "10",
            paramLabel = "S",
            description = "Measured. Default 10.")
    private int seconds;

    @Option(
            names = "--warm-up",
            defaultValue = "5",
            paramLabel = "S",
            description = "Before that. Default 5.")
    private int warmUp;

    @Option(names = "--seed", defaultValue = "1", paramLabel = "N", description = "Default 1.")
    private long seed;

    @Override
    public Integer call() throws IOException {
        Work work;
        LoadAddress address;
        try {
            work =
                    new Work(
                            Math.multiplyExact(blockKib, 1024),
                            depth,
                            readPercent,
                            order,
                            flushed,
                            verify);
            address = address();
        } catch (IllegalArgumentException | ArithmeticException e) {
            System.err.println("load: " + e.getMessage());
            return 2;
        }
        try (LoadClient client = LoadClient.open(address, sessions)) {
            System.out.println(
                    client.run(
                            work,
                            Duration.ofSeconds(Math.max(0, warmUp)),
                            Duration.ofSeconds(Math.max(1, seconds)),
                            seed));
            return 0;
        } catch (LoadFailure e) {
            System.err.println("load: " + e.getMessage());
            return 1;
        }
    }

    private LoadAddress address() throws IOException {
        List<String> secrets = chapFile == null ? List.of() : Files.readAllLines(chapFile);
        return new LoadAddress(
                Portal.parse(portal),
                initiator,
                target,
                lun,
                credential(secrets, 0, initiator),
                credential(secrets, 1, target));
    }

    private static Optional<ChapCredential> credential(List<String> secrets, int at, String name) {
        return at < secrets.size() && !secrets.get(at).isBlank()
                ? Optional.of(new ChapCredential(name, ChapSecret.of(secrets.get(at).strip())))
                : Optional.empty();
    }
}
