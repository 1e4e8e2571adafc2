/** Tests of the lab, and what survives on its hosts. */
@NullMarked
package dev.lunaria.e2e.lab;

import org.jspecify.annotations.NullMarked;
