/** The controller: CSI Identity and Controller. */
@NullMarked
package dev.lunaria.controller;

import org.jspecify.annotations.NullMarked;
