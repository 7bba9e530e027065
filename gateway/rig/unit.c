#include "gateway/rig/unit.h"

#include <string.h>

/* Exponents of a dimension, in the order of enum rig_base. */
#define NONE                                                                                                 \
    {                                                                                                        \
        {                                                                                                    \
            0                                                                                                \
        }                                                                                                    \
    }
#define LENGTH                                                                                               \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = 1                                                                                 \
        }                                                                                                    \
    }
#define AREA                                                                                                 \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = 2                                                                                 \
        }                                                                                                    \
    }
#define VOLUME                                                                                               \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = 3                                                                                 \
        }                                                                                                    \
    }
#define MASS                                                                                                 \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_MASS] = 1                                                                                   \
        }                                                                                                    \
    }
#define TIME                                                                                                 \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_TIME] = 1                                                                                   \
        }                                                                                                    \
    }
#define SPEED                                                                                                \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = 1, [RIG_TIME] = -1                                                                \
        }                                                                                                    \
    }
#define ACCELERATION                                                                                         \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = 1, [RIG_TIME] = -2                                                                \
        }                                                                                                    \
    }
#define FREQUENCY                                                                                            \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_TIME] = -1                                                                                  \
        }                                                                                                    \
    }
#define ANGLE                                                                                                \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_ANGLE] = 1                                                                                  \
        }                                                                                                    \
    }
#define ROTATION                                                                                             \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_ANGLE] = 1, [RIG_TIME] = -1                                                                 \
        }                                                                                                    \
    }
#define TURN_RATE                                                                                            \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_ANGLE] = 1, [RIG_TIME] = -2                                                                 \
        }                                                                                                    \
    }
#define TEMPERATURE                                                                                          \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_TEMPERATURE] = 1                                                                            \
        }                                                                                                    \
    }
#define WARMING                                                                                              \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_TEMPERATURE] = 1, [RIG_TIME] = -1                                                           \
        }                                                                                                    \
    }
#define FORCE                                                                                                \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = 1, [RIG_MASS] = 1, [RIG_TIME] = -2                                                \
        }                                                                                                    \
    }
#define TORQUE                                                                                               \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = 2, [RIG_MASS] = 1, [RIG_TIME] = -2                                                \
        }                                                                                                    \
    }
#define PRESSURE                                                                                             \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = -1, [RIG_MASS] = 1, [RIG_TIME] = -2                                               \
        }                                                                                                    \
    }
#define PRESSURE_RATE                                                                                        \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = -1, [RIG_MASS] = 1, [RIG_TIME] = -3                                               \
        }                                                                                                    \
    }
#define POWER                                                                                                \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = 2, [RIG_MASS] = 1, [RIG_TIME] = -3                                                \
        }                                                                                                    \
    }
#define CURRENT                                                                                              \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_CURRENT] = 1                                                                                \
        }                                                                                                    \
    }
#define CURRENT_RATE                                                                                         \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_CURRENT] = 1, [RIG_TIME] = -1                                                               \
        }                                                                                                    \
    }
#define CHARGE                                                                                               \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_CURRENT] = 1, [RIG_TIME] = 1                                                                \
        }                                                                                                    \
    }
#define VOLTAGE                                                                                              \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = 2, [RIG_MASS] = 1, [RIG_TIME] = -3, [RIG_CURRENT] = -1                            \
        }                                                                                                    \
    }
#define VOLTAGE_RATE                                                                                         \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = 2, [RIG_MASS] = 1, [RIG_TIME] = -4, [RIG_CURRENT] = -1                            \
        }                                                                                                    \
    }
#define RESISTANCE                                                                                           \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = 2, [RIG_MASS] = 1, [RIG_TIME] = -3, [RIG_CURRENT] = -2                            \
        }                                                                                                    \
    }
#define CONDUCTANCE                                                                                          \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = -2, [RIG_MASS] = -1, [RIG_TIME] = 3, [RIG_CURRENT] = 2                            \
        }                                                                                                    \
    }
#define CONDUCTIVITY                                                                                         \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = -3, [RIG_MASS] = -1, [RIG_TIME] = 3, [RIG_CURRENT] = 2                            \
        }                                                                                                    \
    }
#define CAPACITANCE                                                                                          \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = -2, [RIG_MASS] = -1, [RIG_TIME] = 4, [RIG_CURRENT] = 2                            \
        }                                                                                                    \
    }
#define INDUCTANCE                                                                                           \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = 2, [RIG_MASS] = 1, [RIG_TIME] = -2, [RIG_CURRENT] = -2                            \
        }                                                                                                    \
    }
#define FIELD                                                                                                \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_MASS] = 1, [RIG_TIME] = -2, [RIG_CURRENT] = -1                                              \
        }                                                                                                    \
    }
#define FLOW                                                                                                 \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = 3, [RIG_TIME] = -1                                                                \
        }                                                                                                    \
    }
#define MASS_FLOW                                                                                            \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_MASS] = 1, [RIG_TIME] = -1                                                                  \
        }                                                                                                    \
    }
#define DENSITY                                                                                              \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = -3, [RIG_MASS] = 1                                                                \
        }                                                                                                    \
    }
#define AMOUNT                                                                                               \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_AMOUNT] = 1                                                                                 \
        }                                                                                                    \
    }
#define CONCENTRATION                                                                                        \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = -3, [RIG_AMOUNT] = 1                                                              \
        }                                                                                                    \
    }
#define LIGHT                                                                                                \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LIGHT] = 1                                                                                  \
        }                                                                                                    \
    }
#define ILLUMINANCE                                                                                          \
    {                                                                                                        \
        {                                                                                                    \
            [RIG_LENGTH] = -2, [RIG_LIGHT] = 1                                                               \
        }                                                                                                    \
    }

#define PI 3.14159265358979323846

static const struct rig_unit units[] = {
    {"",         "ratio",                1,           0,              NONE         },
    {"%",        "ratio",                0.01,        0,              NONE         },
    {"ppm",      "ratio",                1e-6,        0,              NONE         },
    {"1/s",      "frequency",            1,           0,              FREQUENCY    },
    {"%/s",      "frequency",            0.01,        0,              FREQUENCY    },
    {"%/min",    "frequency",            0.01 / 60,   0,              FREQUENCY    },
    {"Hz",       "frequency",            1,           0,              FREQUENCY    },
    {"mHz",      "frequency",            1e-3,        0,              FREQUENCY    },
    {"kHz",      "frequency",            1e3,         0,              FREQUENCY    },
    {"MHz",      "frequency",            1e6,         0,              FREQUENCY    },
    {"GHz",      "frequency",            1e9,         0,              FREQUENCY    },
    {"ns",       "time",                 1e-9,        0,              TIME         },
    {"us",       "time",                 1e-6,        0,              TIME         },
    {"ms",       "time",                 1e-3,        0,              TIME         },
    {"s",        "time",                 1,           0,              TIME         },
    {"min",      "time",                 60,          0,              TIME         },
    {"h",        "time",                 3600,        0,              TIME         },
    {"um",       "length",               1e-6,        0,              LENGTH       },
    {"mm",       "length",               1e-3,        0,              LENGTH       },
    {"cm",       "length",               1e-2,        0,              LENGTH       },
    {"m",        "length",               1,           0,              LENGTH       },
    {"km",       "length",               1e3,         0,              LENGTH       },
    {"mm2",      "area",                 1e-6,        0,              AREA         },
    {"cm2",      "area",                 1e-4,        0,              AREA         },
    {"m2",       "area",                 1,           0,              AREA         },
    {"mL",       "volume",               1e-6,        0,              VOLUME       },
    {"L",        "volume",               1e-3,        0,              VOLUME       },
    {"m3",       "volume",               1,           0,              VOLUME       },
    {"mg",       "mass",                 1e-6,        0,              MASS         },
    {"g",        "mass",                 1e-3,        0,              MASS         },
    {"kg",       "mass",                 1,           0,              MASS         },
    {"t",        "mass",                 1e3,         0,              MASS         },
    {"mm/s",     "speed",                1e-3,        0,              SPEED        },
    {"cm/s",     "speed",                1e-2,        0,              SPEED        },
    {"m/s",      "speed",                1,           0,              SPEED        },
    {"m/min",    "speed",                1.0 / 60,    0,              SPEED        },
    {"km/h",     "speed",                1 / 3.6,     0,              SPEED        },
    {"m/s2",     "acceleration",         1,           0,              ACCELERATION },
    {"rad",      "angle",                1,           0,              ANGLE        },
    {"deg",      "angle",                PI / 180,    0,              ANGLE        },
    {"rev",      "angle",                2 * PI,      0,              ANGLE        },
    {"rad/s",    "rotation",             1,           0,              ROTATION     },
    {"deg/s",    "rotation",             PI / 180,    0,              ROTATION     },
    {"rpm",      "rotation",             2 * PI / 60, 0,              ROTATION     },
    {"rpm/s",    "angular acceleration", 2 * PI / 60, 0,              TURN_RATE    },
    {"rad/s2",   "angular acceleration", 1,           0,              TURN_RATE    },
    {"K",        "temperature",          1,           0,              TEMPERATURE  },
    {"degC",     "temperature",          1,           273.15,         TEMPERATURE  },
    {"degF",     "temperature",          5.0 / 9,     459.67 * 5 / 9, TEMPERATURE  },
    {"K/s",      "warming",              1,           0,              WARMING      },
    {"K/min",    "warming",              1.0 / 60,    0,              WARMING      },
    {"degC/s",   "warming",              1,           0,              WARMING      },
    {"degC/min", "warming",              1.0 / 60,    0,              WARMING      },
    {"mN",       "force",                1e-3,        0,              FORCE        },
    {"N",        "force",                1,           0,              FORCE        },
    {"kN",       "force",                1e3,         0,              FORCE        },
    {"mNm",      "torque",               1e-3,        0,              TORQUE       },
    {"Nm",       "torque",               1,           0,              TORQUE       },
    {"mJ",       "energy",               1e-3,        0,              TORQUE       },
    {"J",        "energy",               1,           0,              TORQUE       },
    {"kJ",       "energy",               1e3,         0,              TORQUE       },
    {"Wh",       "energy",               3600,        0,              TORQUE       },
    {"kWh",      "energy",               3.6e6,       0,              TORQUE       },
    {"Pa",       "pressure",             1,           0,              PRESSURE     },
    {"hPa",      "pressure",             1e2,         0,              PRESSURE     },
    {"kPa",      "pressure",             1e3,         0,              PRESSURE     },
    {"MPa",      "pressure",             1e6,         0,              PRESSURE     },
    {"mbar",     "pressure",             1e2,         0,              PRESSURE     },
    {"bar",      "pressure",             1e5,         0,              PRESSURE     },
    {"bar/s",    "pressure rate",        1e5,         0,              PRESSURE_RATE},
    {"kPa/s",    "pressure rate",        1e3,         0,              PRESSURE_RATE},
    {"mW",       "power",                1e-3,        0,              POWER        },
    {"W",        "power",                1,           0,              POWER        },
    {"kW",       "power",                1e3,         0,              POWER        },
    {"VA",       "power",                1,           0,              POWER        },
    {"uA",       "current",              1e-6,        0,              CURRENT      },
    {"mA",       "current",              1e-3,        0,              CURRENT      },
    {"A",        "current",              1,           0,              CURRENT      },
    {"A/s",      "current rate",         1,           0,              CURRENT_RATE },
    {"C",        "charge",               1,           0,              CHARGE       },
    {"Ah",       "charge",               3600,        0,              CHARGE       },
    {"uV",       "voltage",              1e-6,        0,              VOLTAGE      },
    {"mV",       "voltage",              1e-3,        0,              VOLTAGE      },
    {"V",        "voltage",              1,           0,              VOLTAGE      },
    {"kV",       "voltage",              1e3,         0,              VOLTAGE      },
    {"V/s",      "voltage rate",         1,           0,              VOLTAGE_RATE },
    {"mV/s",     "voltage rate",         1e-3,        0,              VOLTAGE_RATE },
    {"mohm",     "resistance",           1e-3,        0,              RESISTANCE   },
    {"ohm",      "resistance",           1,           0,              RESISTANCE   },
    {"kohm",     "resistance",           1e3,         0,              RESISTANCE   },
    {"Mohm",     "resistance",           1e6,         0,              RESISTANCE   },
    {"S",        "conductance",          1,           0,              CONDUCTANCE  },
    {"uS/cm",    "conductivity",         1e-4,        0,              CONDUCTIVITY },
    {"mS/cm",    "conductivity",         1e-1,        0,              CONDUCTIVITY },
    {"pF",       "capacitance",          1e-12,       0,              CAPACITANCE  },
    {"nF",       "capacitance",          1e-9,        0,              CAPACITANCE  },
    {"uF",       "capacitance",          1e-6,        0,              CAPACITANCE  },
    {"F",        "capacitance",          1,           0,              CAPACITANCE  },
    {"uH",       "inductance",           1e-6,        0,              INDUCTANCE   },
    {"mH",       "inductance",           1e-3,        0,              INDUCTANCE   },
    {"H",        "inductance",           1,           0,              INDUCTANCE   },
    {"mT",       "magnetic field",       1e-3,        0,              FIELD        },
    {"T",        "magnetic field",       1,           0,              FIELD        },
    {"mL/s",     "flow",                 1e-6,        0,              FLOW         },
    {"mL/min",   "flow",                 1e-6 / 60,   0,              FLOW         },
    {"L/s",      "flow",                 1e-3,        0,              FLOW         },
    {"L/min",    "flow",                 1e-3 / 60,   0,              FLOW         },
    {"L/h",      "flow",                 1e-3 / 3600, 0,              FLOW         },
    {"m3/s",     "flow",                 1,           0,              FLOW         },
    {"m3/h",     "flow",                 1.0 / 3600,  0,              FLOW         },
    {"g/s",      "mass flow",            1e-3,        0,              MASS_FLOW    },
    {"kg/s",     "mass flow",            1,           0,              MASS_FLOW    },
    {"kg/h",     "mass flow",            1.0 / 3600,  0,              MASS_FLOW    },
    {"g/L",      "density",              1,           0,              DENSITY      },
    {"kg/m3",    "density",              1,           0,              DENSITY      },
    {"mol",      "amount",               1,           0,              AMOUNT       },
    {"mmol",     "amount",               1e-3,        0,              AMOUNT       },
    {"mol/L",    "concentration",        1e3,         0,              CONCENTRATION},
    {"cd",       "luminous intensity",   1,           0,              LIGHT        },
    {"lx",       "illuminance",          1,           0,              ILLUMINANCE  },
    {NULL,       NULL,                   0,           0,              NONE         },
};

const struct rig_unit *rig_unit_table(void)
{
    return units;
}

const struct rig_unit *rig_unit_find(const char *name, size_t length)
{
    for (const struct rig_unit *unit = units; unit->name; unit++)
        if (strlen(unit->name) == length && memcmp(unit->name, name, length) == 0)
            return unit;
    return NULL;
}

bool rig_unit_convert(const struct rig_unit *from, const struct rig_unit *to, bool difference, double number,
                      double *result)
{
    if (memcmp(&from->of, &to->of, sizeof from->of) != 0)
        return false;
    if (from == to)
        *result = number;
    else if (difference)
        *result = number * from->factor / to->factor;
    else
        *result = (number * from->factor + from->offset - to->offset) / to->factor;
    return true;
}
