/**
 * What an installation in a cluster needs before it runs and isn't to stand in a manifest: the
 * cluster's id, keys, certificates, the registration of its target servers; and the look whether it
 * may go.
 */
@NullMarked
package dev.lunaria.controller.setup;

import org.jspecify.annotations.NullMarked;
