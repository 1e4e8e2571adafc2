/**
 * The records that programs share — {@link dev.lunaria.registry.StorageTarget}, {@link
 * dev.lunaria.registry.LunariaNode}, {@link dev.lunaria.registry.LunariaVolume} — and where they
 * are kept: a {@link dev.lunaria.registry.Registry}, here a folder of YAML documents.
 */
@NullMarked
package dev.lunaria.registry;

import org.jspecify.annotations.NullMarked;
