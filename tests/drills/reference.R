# Figures of R's survey package for the designs of tests/drills/reference.py: lines of a name and numbers.
suppressPackageStartupMessages(library(survey))
options(warn = 2, survey.lonely.psu = "adjust")
say <- function(name, ...) cat(name, format(c(...), digits = 17, trim = TRUE), "\n")

figures <- function(name, d, beta = TRUE) {
  df <- degf(d)
  m <- svymean(~y, d, deff = "replace")
  say(paste0(name, " mean"), coef(m), SE(m), deff(m), df, if (df > 0) confint(m, df = df) else c(-Inf, Inf))
  t <- svytotal(~y, d, deff = "replace")
  say(paste0(name, " total"), coef(t), SE(t), deff(t))
  if (df == 0) return(invisible())
  p <- svymean(~yes, d, deff = "replace")
  v <- as.numeric(vcov(p)); p0 <- as.numeric(coef(p))
  n <- min(p0 * (1 - p0) / v, sum(weights(d) != 0)); q <- qt(0.975, df)
  middle <- (p0 + q^2 / (2 * n)) / (1 + q^2 / n)
  half <- q * sqrt(p0 * (1 - p0) / n + q^2 / (4 * n^2)) / (1 + q^2 / n)
  say(paste0(name, " wilson"), p0, SE(p), deff(p), df, middle - half, middle + half)
  logit <- svyciprop(~yes, d, method = "xlogit")
  say(paste0(name, " logit"), p0, SE(p), deff(p), df, attr(logit, "ci"))
  if (beta) {
    ci <- attr(svyciprop(~yes, d, method = "beta"), "ci")
    say(paste0(name, " korn-graubard"), p0, SE(p), deff(p), df, ci)
  }
  g <- svymean(~I(y * (sex == "f")) + I(y * (sex == "m")) + I(1 * (sex == "f")) + I(1 * (sex == "m")), d)
  if (name != "domain") {
    names(g) <- c("yf", "ym", "nf", "nm")
    contrast <- svycontrast(g, quote(yf / nf - ym / nm))
    say(paste0(name, " difference"), coef(contrast), SE(contrast))
    chisq <- svychisq(~age + yes, d)
    say(paste0(name, " rao-scott"), chisq$statistic, chisq$parameter, chisq$p.value)
  }
}

s <- read.csv(commandArgs(TRUE)[1])
s$stratum <- factor(s$stratum)
plain <- svydesign(id = ~1, weights = ~weight, data = s)
strata <- svydesign(id = ~1, strata = ~stratum, weights = ~weight, data = s)
clusters <- svydesign(id = ~place, weights = ~weight, data = s)
nested <- svydesign(id = ~cluster, strata = ~stratum, weights = ~weight, fpc = ~frame, data = s, nest = TRUE)
s$person <- seq_len(nrow(s)); s$people <- 1e15
subsampled <- svydesign(id = ~cluster + person, strata = ~stratum, weights = ~weight, fpc = ~frame + people, data = s, nest = TRUE)
ages <- data.frame(age = c("18-34", "35-54", "55+"), Freq = c(700, 900, 500))
sexes <- data.frame(sex = c("f", "m"), Freq = c(1080, 1020))
raked <- calibrate(nested, list(~age, ~sex), list(ages, sexes), calfun = "raking", epsilon = 1e-15, maxit = 500)
figures("plain", plain)
figures("strata", strata)
figures("clusters", clusters)
figures("nested", nested)
figures("subsampled", subsampled)
figures("lonely", svydesign(id = ~place, strata = ~lonely, weights = ~weight, data = s))
figures("alone", svydesign(id = ~1, strata = ~row, weights = ~weight, data = s))
figures("zeros", svydesign(id = ~place, weights = ~weight0, data = s), beta = FALSE)
figures("domain", subset(nested, sex == "f"))
figures("poststratified", postStratify(nested, ~age, ages))
figures("raked", raked)
figures("trimmed", trimWeights(raked, lower = 12, upper = 36, strict = TRUE))

# The package's own schools: published in its manual and vignettes.
data(api)
pops <- data.frame(stype = c("E", "H", "M"), Freq = c(4421, 755, 1018))
wide <- data.frame(sch.wide = c("No", "Yes"), Freq = c(1072, 5122))
schools <- function(name, d) {
  m <- svymean(~api00, d, deff = "replace")
  say(paste0(name, " mean"), coef(m), SE(m), deff(m), degf(d), confint(m, df = degf(d)))
}
enrolled <- function(name, d) { t <- svytotal(~enroll, d); say(paste0(name, " enrolled"), coef(t), SE(t)) }
apistrat$row <- seq_len(nrow(apistrat))
strat <- svydesign(id = ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = apistrat)
clus1 <- svydesign(id = ~dnum, weights = ~pw, fpc = ~fpc, data = apiclus1)
post <- postStratify(clus1, ~stype, pops)
rake1 <- rake(clus1, list(~stype, ~sch.wide), list(pops, wide), control = list(epsilon = 1e-15, maxit = 200))
schools("apistrat", strat); enrolled("apistrat", strat)
schools("apiclus1", clus1); enrolled("apiclus1", clus1)
schools("apiclus1-post", post); enrolled("apiclus1-post", post)
schools("apiclus1-rake", rake1); enrolled("apiclus1-rake", rake1)
schools("apiclus2", svydesign(id = ~dnum, weights = ~pw, data = apiclus2))
folder <- commandArgs(TRUE)[2]
write.csv(apistrat[c("stype", "dnum", "sch.wide", "pw", "fpc", "api00", "enroll")], file.path(folder, "apistrat.csv"))
write.csv(apiclus1[c("stype", "dnum", "sch.wide", "pw", "fpc", "api00", "enroll")], file.path(folder, "apiclus1.csv"))
write.csv(apiclus2[c("stype", "dnum", "sch.wide", "pw", "api00")], file.path(folder, "apiclus2.csv"))
