@NullMarked
package dev.lunaria.controller.certificate;

import org.jspecify.annotations.NullMarked;
