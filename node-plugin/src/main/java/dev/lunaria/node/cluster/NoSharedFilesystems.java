package dev.lunaria.node.cluster;

import dev.lunaria.node.failure.NodeFailure;
import java.nio.file.Path;
import java.util.UUID;

/** A node that takes no part in shared filesystems. Stateless. */
public final class NoSharedFilesystems implements SharedFilesystems {
    private static final String OFF =
            "this node takes no part in shared filesystems (OCFS2): start its plugin with"
                    + " --shared-filesystems=on, in the chart node.sharedFilesystems.enabled, or keep the pod off"
                    + " this node";

    @Override
    public void require() {
        throw NodeFailure.precondition(OFF);
    }

    @Override
    public String clusterName() {
        throw NodeFailure.precondition(OFF);
    }

    @Override
    public void startHeartbeat(Path device, UUID uuid) {
        require();
    }
}
