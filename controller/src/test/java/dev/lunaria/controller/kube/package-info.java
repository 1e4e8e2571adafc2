@NullMarked
package dev.lunaria.controller.kube;

import org.jspecify.annotations.NullMarked;
