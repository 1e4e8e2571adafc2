@NullMarked
package dev.lunaria.controller.setup;

import org.jspecify.annotations.NullMarked;
