# The timetable under load, killed at random moments: make soak KILLS=200 SEED=7
KILLS ?= 200
CHECKS += check-soak
.PHONY: soak check-soak
soak: $(PROGRAMS) ## book with 64 clients while the daemon is killed again and again (KILLS=200, SEED=n)
	PYTHONDONTWRITEBYTECODE=1 BUILD=$(BUILD) python3 tests/scenario/soak.py --kills $(KILLS) $(if $(SEED),--seed $(SEED))
check-soak: $(PROGRAMS)
	PYTHONDONTWRITEBYTECODE=1 BUILD=$(BUILD) python3 tests/scenario/soak.py --kills 20
