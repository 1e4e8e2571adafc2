package dev.lunaria.controller.volume;

/** Lists volumes over all pools, in pages. Used by any thread; keeps nothing. */
public final class VolumeListing {

    private final RegisteredTargets registered;
    private final Targets targets;
    private final String clusterId;

    public VolumeListing(RegisteredTargets registered, Targets targets, String clusterId) {
        this.registered = registered;
        this.targets = targets;
        this.clusterId = clusterId;
    }

    Page<Volume> page(int max, String startingToken) {
        return PoolPages.read(
                registered.inService(),
                max,
                startingToken,
                (target, size, token) -> {
                    Page<Lun> luns = targets.open(target).list(size, token);
                    return new Page<>(
                            luns.entries().stream()
                                    .filter(lun -> lun.clusterId().equals(clusterId))
                                    .map(lun -> PlacedVolumes.volume(target, lun))
                                    .toList(),
                            luns.nextToken());
                });
    }
}
