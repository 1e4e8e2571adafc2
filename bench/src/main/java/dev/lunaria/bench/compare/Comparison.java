package dev.lunaria.bench.compare;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The outcome of one work on both servers. Immutable; lists have one entry for each round.
 *
 * @param ours what our server did
 * @param peer what the other did
 * @param oursResidentBytes the most memory that our server's process held so far
 */
record Comparison(
        ComparedWork work, List<Measured> ours, List<Measured> peer, long oursResidentBytes) {

    /**
     * One server in one round.
     *
     * @param iops operations a second
     * @param cpuMicros CPU time of the server's process for each operation
     */
    record Measured(double iops, double cpuMicros) {}

    /** The median of the rounds' own ratios: whatever else the machine did meanwhile hit both. */
    double ratio() {
        double[] ratios = new double[ours.size()];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = ours.get(i).iops() / peer.get(i).iops();
        }
        return median(ratios);
    }

    double ratioOfCpu() {
        return cpu(ours) / cpu(peer);
    }

    double oursIops() {
        return median(ours.stream().mapToDouble(Measured::iops).toArray());
    }

    double peerIops() {
        return median(peer.stream().mapToDouble(Measured::iops).toArray());
    }

    double oursCpuMicros() {
        return cpu(ours);
    }

    double peerCpuMicros() {
        return cpu(peer);
    }

    private static double cpu(List<Measured> rounds) {
        return median(rounds.stream().mapToDouble(Measured::cpuMicros).toArray());
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    static String header(String peer) {
        return String.format(
                Locale.ROOT,
                "%-44s %13s %13s %6s %6s  %-27s %s",
                "work",
                "ours",
                peer,
                "ratio",
                "rounds",
                "CPU us/op, ours : " + peer,
                "ours MiB resident");
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%-44s %13s %13s %6.2f %6d  %8.1f : %-16.1f %d",
                work.what(),
                speed(oursIops()),
                speed(peerIops()),
                ratio(),
                ours.size(),
                oursCpuMicros(),
                peerCpuMicros(),
                oursResidentBytes >> 20);
    }

    private String speed(double iops) {
        return work.isLarge()
                ? String.format(Locale.ROOT, "%,.0f MB/s", iops * work.blockBytes() / 1e6)
                : String.format(Locale.ROOT, "%,.0f IOPS", iops);
    }
}
