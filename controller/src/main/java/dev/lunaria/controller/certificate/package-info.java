/** Makes and renews the certificates of an installation; knows neither files nor clusters. */
@NullMarked
package dev.lunaria.controller.certificate;

import org.jspecify.annotations.NullMarked;
