/** The main job, played as an orchestrator would: through CSI calls alone. */
@NullMarked
package dev.lunaria.e2e.quickstart;

import org.jspecify.annotations.NullMarked;
