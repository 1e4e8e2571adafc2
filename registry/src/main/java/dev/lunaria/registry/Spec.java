package dev.lunaria.registry;

/** What a document says: one record for each kind. Immutable. */
public sealed interface Spec permits StorageTarget, LunariaNode, LunariaVolume {}
