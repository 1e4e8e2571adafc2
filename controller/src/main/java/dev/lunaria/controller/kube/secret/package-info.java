/** The cluster as the set-up of an installation needs it: Secrets, ConfigMaps, definitions. */
@NullMarked
package dev.lunaria.controller.kube.secret;

import org.jspecify.annotations.NullMarked;
