package dev.lunaria.controller.volume;

import dev.lunaria.registry.Change;
import dev.lunaria.registry.Document;
import dev.lunaria.registry.Kind;
import dev.lunaria.registry.Registry;
import dev.lunaria.registry.Spec;
import dev.lunaria.registry.Subscription;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A registry of which each change is a step; so is each read. */
record SteppedRegistry(Registry registry, Steps steps) implements Registry {

    @Override
    public <S extends Spec> List<Document<S>> list(Kind<S> kind) {
        return steps.step(() -> registry.list(kind));
    }

    @Override
    public <S extends Spec> Optional<Document<S>> get(Kind<S> kind, String name) {
        return steps.step(() -> registry.get(kind, name));
    }

    @Override
    public <S extends Spec> Document<S> create(Kind<S> kind, String name, S spec) {
        return steps.step(() -> registry.create(kind, name, spec));
    }

    @Override
    public <S extends Spec> Document<S> replace(Kind<S> kind, Document<S> current, S spec) {
        return steps.step(() -> registry.replace(kind, current, spec));
    }

    @Override
    public <S extends Spec> void delete(Kind<S> kind, Document<S> current) {
        steps.step(() -> registry.delete(kind, current));
    }

    @Override
    public <S extends Spec> Subscription watch(Kind<S> kind, Consumer<Change<S>> listener) {
        return registry.watch(kind, listener);
    }

    @Override
    public void close() {
        registry.close();
    }
}
