/** Lunaria on a real Kubernetes: the chart, claims and pods, by its API and helm alone. */
@NullMarked
package dev.lunaria.e2e.kubernetes;

import org.jspecify.annotations.NullMarked;
