package dev.lunaria.e2e.installation;

import java.nio.file.Path;

/**
 * Where an installation on one machine keeps what: everything is below one folder. Immutable.
 *
 * @param root the folder; short, because Unix sockets lie in it
 */
public record Layout(Path root) {

    /** The pool: where the target server keeps LUNs. */
    public Path pool() {
        return root.resolve("pool");
    }

    /** A small filesystem, with a pool in it that is soon full. */
    public Path smallFilesystem() {
        return root.resolve("small");
    }

    /** Where the kernel's control filesystem of FUSE is mounted, for who looks for leaks. */
    public Path fuseControl() {
        return root.resolve("fusectl");
    }

    /** State folder of a program. */
    public Path state(String program) {
        return root.resolve("state").resolve(program);
    }

    /** A socket. */
    public Path socket(String name) {
        return root.resolve("run").resolve(name + ".sock");
    }

    /** Folder of the installation's keys. */
    public Path keys() {
        return root.resolve("keys");
    }

    /** Folder of the registry's documents. */
    public Path registry() {
        return root.resolve("registry");
    }

    /** Log of a program. */
    public Path log(String program) {
        return root.resolve("log").resolve(program + ".log");
    }

    /** File that holds a program's process id. */
    public Path pid(String program) {
        return root.resolve("run").resolve(program + ".pid");
    }

    /** Where an orchestrator stages a volume on a node, for all pods. */
    public Path staging(String node, String volume) {
        return root.resolve("hosts").resolve(node).resolve("staging").resolve(volume);
    }

    /** Where an orchestrator publishes a volume to a pod. */
    public Path pod(String node, String pod) {
        return root.resolve("hosts").resolve(node).resolve("pods").resolve(pod).resolve("mount");
    }
}
