@NullMarked
package dev.lunaria.service.metrics;

import org.jspecify.annotations.NullMarked;
