/** The Helm chart: how it renders, what it refuses, and that it fits the programs. */
@NullMarked
package dev.lunaria.e2e.chart;

import org.jspecify.annotations.NullMarked;
