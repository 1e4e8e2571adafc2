package dev.lunaria.e2e.installation;

import dev.lunaria.service.net.GrpcChannel;
import java.io.IOException;
import java.nio.file.Path;

/** A host with a node plugin, as an orchestrator needs to know it. */
public interface CsiNode {

    /** The node's name. */
    String name();

    /** The node plugin's CSI socket. */
    GrpcChannel csi();

    /** Makes a folder in the host's files, as kubelet does for what it passes on. */
    void makeFolder(Path folder) throws IOException;
}
