# Write reference-r.json: values of base R that the Go tests compare with.
#
# Rscript reference.R > reference-r.json

num <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ", "), "]")
one <- function(x) sprintf("%.17g", unname(x))
samples <- list(
  blocks = c(0.031, -0.012, 0.044, 0.027, 0.009, 0.052, 0.018),
  ratios = c(1.13, 1.02, 0.97, 1.21, 1.08, 1.05, 1.17, 0.99, 1.1),
  skewed = c(0.4, 0.7, 1.1, 1.9, 3.2, 5.6, 9.7, 17.1),
  below = c(-0.9, -0.4, -1.3, -0.2, -0.75, -1.1),
  mixed = c(-2.5, 4.1, 0.3, -0.6, 1.7, 2.2, -1.4, 3.8, 0.9, -0.1, 2.9, 1.2),
  many = sin(1:24) + (1:24) / 40
)
cat("{\n \"version\": \"", as.character(getRversion()), "\",\n \"samples\": {\n", sep = "")
cat(paste0("  \"", names(samples), "\": ", sapply(samples, num), collapse = ",\n"), "\n },\n \"one\": [\n", sep = "")
rows <- c()
for (n in names(samples)) {
  x <- samples[[n]]
  t <- t.test(x)
  w <- wilcox.test(x, exact = TRUE)
  k <- cor.test(seq_along(x), x, method = "kendall", exact = TRUE)
  p <- c(0.05, 0.25, 0.5, 0.9, 0.99)
  rows <- c(rows, paste0(
    "  {\"sample\": \"", n, "\", \"t\": ", one(t$statistic), ", \"p\": ", one(t$p.value), ", \"low\": ", one(t$conf.int[1]),
    ", \"high\": ", one(t$conf.int[2]), ", \"v\": ", one(w$statistic), ", \"wilcoxon\": ", one(w$p.value),
    ", \"tau\": ", one(k$estimate), ", \"kendall\": ", one(k$p.value),
    ", \"at\": ", num(p), ", \"quantiles\": ", num(quantile(x, p, type = 7)), "}"
  ))
}
cat(paste(rows, collapse = ",\n"), "\n ],\n \"two\": [\n", sep = "")
rows <- c()
for (a in names(samples)) {
  for (b in names(samples)) {
    x <- samples[[a]]
    y <- samples[[b]]
    if (a >= b || any(duplicated(c(x, y)))) next
    t <- t.test(y, x)
    w <- wilcox.test(y, x, exact = TRUE, conf.int = TRUE)
    rows <- c(rows, paste0(
      "  {\"a\": \"", a, "\", \"b\": \"", b, "\", \"t\": ", one(t$statistic), ", \"p\": ", one(t$p.value),
      ", \"w\": ", one(w$statistic), ", \"mann_whitney\": ", one(w$p.value), ", \"shift\": ", one(w$estimate), "}"
    ))
  }
}
cat(paste(rows, collapse = ",\n"), "\n ],\n \"holm\": [\n", sep = "")
families <- list(c(0.01, 0.02, 0.03, 0.04, 0.05), c(0.0001, 0.04, 0.03, 0.9), c(0.2, 0.001, 0.013, 0.013, 0.6, 0.04))
cat(paste0("  {\"p\": ", sapply(families, num), ", \"want\": ", sapply(families, function(p) num(p.adjust(p, "holm"))), "}",
  collapse = ",\n"
), "\n ],\n \"shares\": [\n", sep = "")
shares <- list(c(0, 6), c(1, 6), c(3, 17), c(17, 17), c(40, 1000), c(612, 4000))
cat(paste0(sapply(shares, function(s) {
  ci <- binom.test(s[1], s[2])$conf.int
  paste0("  {\"k\": ", s[1], ", \"n\": ", s[2], ", \"low\": ", one(ci[1]), ", \"high\": ", one(ci[2]), "}")
}), collapse = ",\n"), "\n ]\n}\n", sep = "")
