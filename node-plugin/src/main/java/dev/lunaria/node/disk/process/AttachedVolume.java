package dev.lunaria.node.disk.process;

import dev.lunaria.node.disk.UserspaceDisk;
import dev.lunaria.node.disk.session.IscsiDisk;
import dev.lunaria.node.disk.session.Unit;
import dev.lunaria.proto.disk.v1.Disk;
import java.nio.file.Path;

/**
 * A volume that has its block device. Immutable; what is done to it is done under its volume's
 * lock.
 *
 * @param file the FUSE file below the device
 */
record AttachedVolume(AttachSpec spec, IscsiDisk session, UserspaceDisk device, Path file) {

    /** Whether I/O can ever succeed again. */
    boolean isAlive() {
        return !session.status().state().isFinal() && device.isServing();
    }

    /** Whether the target answers now. */
    boolean isOnline() {
        return state() == Disk.State.ONLINE;
    }

    Disk.State state() {
        if (!device.isServing()) {
            return Disk.State.FENCED;
        }
        return switch (session.status().state()) {
            case ONLINE, CLOSING -> Disk.State.ONLINE;
            case NEW, CONNECTING, LOGGING_IN, VERIFYING, WAITING -> Disk.State.RECOVERING;
            case CLOSED, FENCED -> Disk.State.FENCED;
        };
    }

    /** As the service shows it. */
    Disk toProto() {
        Disk.State state = state();
        Unit unit = session.unit();
        return Disk.newBuilder()
                .setVolumeId(spec.volumeId())
                .setEpoch(spec.epoch())
                .setDevice(device.device().toString())
                .setSizeBytes(unit == null ? 0 : unit.sizeBytes())
                .setLogicalBlockBytes(unit == null ? 0 : unit.blockBytes())
                .setState(state)
                .setMessage(state == Disk.State.ONLINE ? "" : session.status().reason())
                .setReadOnly(spec.address().readOnly())
                .setIdentity(spec.address().identity())
                .build();
    }
}
