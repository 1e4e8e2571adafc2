/** What programs tell Prometheus: where metrics are declared, and counters for the data path. */
@NullMarked
package dev.lunaria.service.metrics;

import org.jspecify.annotations.NullMarked;
