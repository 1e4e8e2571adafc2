/** The controller as a whole, over sockets. */
@NullMarked
package dev.lunaria.controller;

import org.jspecify.annotations.NullMarked;
