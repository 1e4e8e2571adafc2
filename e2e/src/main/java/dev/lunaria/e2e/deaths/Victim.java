package dev.lunaria.e2e.deaths;

import dev.lunaria.e2e.installation.Installation;
import dev.lunaria.e2e.installation.NodeHost;
import dev.lunaria.e2e.installation.ServerProcess;

/** A program that is killed. */
enum Victim {
    CONTROLLER("controller"),
    NODE_PLUGIN("node plugin"),
    DISK_PROCESS("disk process"),
    TARGET_SERVER("target server");

    private final String text;

    Victim(String text) {
        this.text = text;
    }

    /** Its process, as it runs now. */
    ServerProcess process(Installation installation, NodeHost host) {
        return switch (this) {
            case CONTROLLER -> installation.controller();
            case NODE_PLUGIN -> host.plugin();
            case DISK_PROCESS -> host.disk();
            case TARGET_SERVER -> installation.targetServer();
        };
    }

    @Override
    public String toString() {
        return text;
    }
}
