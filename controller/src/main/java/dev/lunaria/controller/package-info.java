/**
 * The controller: CSI Identity and Controller, and the registry for node plugins. It keeps nothing
 * in its process: placements are in the registry, all else in the targets' catalogs.
 *
 * <p>{@code csi} is the edge: it checks arguments and turns failures into codes. {@code volume} is
 * the domain and says what it needs of {@code placement}, which chooses pools, and of {@code
 * target}, which speaks to target servers. {@code registry} serves node plugins.
 */
@NullMarked
package dev.lunaria.controller;

import org.jspecify.annotations.NullMarked;
