package dev.lunaria.node.attach;

import dev.lunaria.node.failure.NodeFailure;
import dev.lunaria.node.failure.NodeFailure.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Disks of the kernel's initiator, and user-space disks for what it can't do: writes that stay on
 * this node. A volume has a disk of one of them at a time. For any thread; callers hold the
 * volume's lock.
 */
public final class KernelFirst implements AttachBackend {
    private final AttachBackend kernel;
    private final AttachBackend userspace;

    /** Both; the data process behind the second may be away. */
    public KernelFirst(AttachBackend kernel, AttachBackend userspace) {
        this.kernel = kernel;
        this.userspace = userspace;
    }

    @Override
    public AttachedDisk attach(AttachSpec spec) {
        if (spec.privateWrites()) {
            kernel.detach(spec.volumeId(), false);
            return userspace.attach(spec);
        }
        if (has(userspaceDisks(), spec.volumeId())) {
            // From before this node had the kernel's initiator, or staged for reading alone.
            return userspace.attach(spec);
        }
        return kernel.attach(spec);
    }

    @Override
    public void detach(String volumeId, boolean discardWrites) {
        of(volumeId).detach(volumeId, discardWrites);
    }

    @Override
    public AttachedDisk refreshSize(String volumeId) {
        return of(volumeId).refreshSize(volumeId);
    }

    @Override
    public List<AttachedDisk> list() {
        List<AttachedDisk> all = new ArrayList<>(kernel.list());
        all.addAll(userspaceDisks());
        return all;
    }

    @Override
    public FormatState format(String volumeId) {
        return of(volumeId).format(volumeId);
    }

    @Override
    public FormatState beginFormat(String volumeId, long generation, String filesystem) {
        return of(volumeId).beginFormat(volumeId, generation, filesystem);
    }

    @Override
    public FormatState finishFormat(String volumeId, long generation) {
        return of(volumeId).finishFormat(volumeId, generation);
    }

    private AttachBackend of(String volumeId) {
        return has(kernel.list(), volumeId) || !has(userspaceDisks(), volumeId)
                ? kernel
                : userspace;
    }

    private static boolean has(List<AttachedDisk> disks, String volumeId) {
        return disks.stream().anyMatch(disk -> disk.volumeId().equals(volumeId));
    }

    /** A data process that is away has no disks: they end with it. */
    private List<AttachedDisk> userspaceDisks() {
        try {
            return userspace.list();
        } catch (NodeFailure e) {
            if (e.kind() == Kind.UNAVAILABLE) {
                return List.of();
            }
            throw e;
        }
    }
}
