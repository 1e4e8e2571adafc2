package dev.lunaria.node;

import dev.lunaria.node.attach.AttachBackend;
import dev.lunaria.node.attach.BackendChoice;
import dev.lunaria.node.attach.BackendChoice.Name;
import dev.lunaria.node.attach.KernelFirst;
import dev.lunaria.node.attach.UserspaceDisks;
import dev.lunaria.node.attach.kernel.KernelBackend;
import dev.lunaria.node.attach.kernel.KernelDisks;
import dev.lunaria.node.kernel.KernelCalls;
import dev.lunaria.service.cli.Lifecycle;
import dev.lunaria.service.cli.StartupException;
import dev.lunaria.service.secret.InstallationKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses what gives volumes their block devices. Run by the main thread, once.
 *
 * @param backend what was chosen
 * @param choice which it is, and why
 */
record Backends(AttachBackend backend, BackendChoice choice) {
    private static final Logger log = LoggerFactory.getLogger(Backends.class);

    /**
     * By the settings and what this node can do.
     *
     * @throws StartupException where the kernel's initiator is asked for, and can't be had
     */
    static Backends choose(
            NodeSettings settings,
            Path stateFolder,
            UserspaceDisks userspace,
            KernelCalls kernel,
            Lifecycle lifecycle) {
        Backends chosen =
                switch (settings.attachBackend()) {
                    case USERSPACE -> inUserSpace(userspace, "asked for by the settings");
                    case KERNEL -> {
                        try {
                            yield inKernel(
                                    open(settings, stateFolder, kernel, lifecycle),
                                    userspace,
                                    "asked for by the settings");
                        } catch (IOException e) {
                            throw new StartupException(
                                    "the attach backend can't be the kernel's: " + e.getMessage(),
                                    e);
                        }
                    }
                    case AUTO -> {
                        try {
                            yield inKernel(
                                    open(settings, stateFolder, kernel, lifecycle),
                                    userspace,
                                    "this kernel has an iSCSI initiator");
                        } catch (IOException e) {
                            yield inUserSpace(userspace, String.valueOf(e.getMessage()));
                        }
                    }
                };
        log.atInfo()
                .addKeyValue("backend", chosen.choice().name())
                .addKeyValue("reason", chosen.choice().reason())
                .log("attach backend");
        return chosen;
    }

    private static KernelBackend open(
            NodeSettings settings, Path stateFolder, KernelCalls kernel, Lifecycle lifecycle)
            throws IOException {
        int seconds = settings.replacementSeconds();
        return lifecycle.add(
                "kernel's initiator",
                KernelBackend.open(
                        settings.hostRoot(),
                        stateFolder,
                        kernel,
                        new KernelDisks.Settings(
                                seconds == 0
                                        ? Optional.empty()
                                        : Optional.of(Duration.ofSeconds(seconds)),
                                settings.digests().wants(),
                                id -> InstallationKeys.read(settings.keys()).key(id))));
    }

    private static Backends inKernel(
            KernelBackend backend, UserspaceDisks userspace, String reason) {
        return new Backends(
                new KernelFirst(backend.disks(), userspace),
                new BackendChoice(Name.KERNEL, reason));
    }

    private static Backends inUserSpace(UserspaceDisks userspace, String reason) {
        return new Backends(userspace, new BackendChoice(Name.USERSPACE, reason));
    }
}
