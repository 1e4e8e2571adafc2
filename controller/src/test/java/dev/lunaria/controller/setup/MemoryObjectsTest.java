package dev.lunaria.controller.setup;

/** The stand-in keeps the contract, too. */
final class MemoryObjectsTest extends InstallationObjectsContract {

    @Override
    protected InstallationObjects objects() {
        return new MemoryObjects();
    }
}
