#include "gateway/control/mail.h"

#include "gateway/control/alerts.h"
#include "gateway/control/mailer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

/* Of the notices those that somebody should know of who is not looking. */
static const struct words {
    enum booking_note note;
    const char *chinese;
} mailed[] = {
    {BOOKING_NOTE_MOVED,       "您的预约已改到另一台设备"                                       },
    {BOOKING_NOTE_RIG_OUT,     "设备停用，暂无其他设备可用；如不恢复，预约将被取消"},
    {BOOKING_NOTE_RIG_BACK,    "设备已恢复使用，您的预约照常有效"                           },
    {BOOKING_NOTE_CANCELLED,   "实验室取消了您的预约，不计入使用额度"                     },
    {BOOKING_NOTE_REFUNDED,    "实验过程中设备停用，不计入使用额度"                        },
    {BOOKING_NOTE_UNUSED,      "您的实验尚未开始使用，设备即将被释放"                     },
    {BOOKING_NOTE_OFFER,       "有一台设备空闲，为您短时保留"                                 },
    {BOOKING_NOTE_TO_APPROVE,  "有一个预约等待您的批准"                                          },
    {BOOKING_NOTE_APPROVED,    "您的预约已获批准"                                                   },
    {BOOKING_NOTE_DECLINED,    "您的预约未获批准"                                                   },
    {BOOKING_NOTE_EXPIRED,     "您的预约未及时获得批准，已失效"                              },
    {BOOKING_NOTE_RESCHEDULED, "实验室调整了您的预约的时间或设备"                           },
    {BOOKING_NOTE_CHANGED,     "设备配置已更改，实验因此结束，不计入使用额度"         },
    {BOOKING_NOTE_BOOKED,      "已为您安排预约"                                                      },
    {BOOKING_NOTE_GIVEN,       "有人将预约转给了您"                                                },
    {BOOKING_NOTE_GIVEN_AWAY,  "实验室已将您的预约转给他人"                                    },
};

static const int64_t longer[MAILER_TRIES - 1] = {1, 5, 15, 60};

bool mail_start(struct control *control, char *why, size_t why_size)
{
    const struct config_mail *mail = &control->lab->mail;
    int64_t pauses[MAILER_TRIES - 1];
    struct privileges_user user;
    if (!mail->sendmail)
        return true;
    if (privileges_find_user(control->lab->control_user, &user, why, why_size) != 0)
        return false;
    for (size_t i = 0; i < MAILER_TRIES - 1; i++)
        pauses[i] = mail->retry * longer[i];
    struct mailer_options options = {
        .sendmail = mail->sendmail,
        .from = mail->from,
        .title = control->lab->title.en ? control->lab->title.en : control->lab->name,
        .user = &user,
        .pauses = pauses,
    };
    return mailer_create(&options, &control->mailer, why, why_size) == 0;
}

static const struct words *find(int kind)
{
    for (size_t i = 0; i < sizeof mailed / sizeof *mailed; i++)
        if ((int)mailed[i].note == kind)
            return &mailed[i];
    return NULL;
}

/* "tank-1, 2026-11-28 10:00-11:00 (Asia/Shanghai)" */
static void describe(const struct control *control, const struct booking *booking, char *text, size_t size)
{
    const struct civil_zone *zone = &control->calendar.zone;
    char date[CIVIL_TEXT], from[CIVIL_TEXT], until[CIVIL_TEXT];
    int32_t day, last;
    int64_t starts, ends;
    civil_local(zone, booking->starts, &day, &starts);
    civil_local(zone, booking->ends, &last, &ends);
    snprintf(text, size, "%s, %s %s-%s (%s)", control->rigs[booking->rig].config->spec.name,
             civil_date_text(day, date), civil_time_text(starts, from), civil_time_text(ends, until),
             control->lab->time_zone);
}

void mail_notice(struct control *control, const struct ledger_notice *notice)
{
    const struct account *account = accounts_get(control->accounts, notice->account);
    const struct words *words = control->mailer ? find(notice->kind) : NULL;
    if (!words || !account || !account->email[0] || account->no_mail || account->disabled)
        return;
    const struct booking *booking =
        notice->booking ? timetable_find(control->timetable, notice->booking) : NULL;
    struct mailer_letter letter = {.number = notice->id};
    char what[200] = "";
    if (booking)
        describe(control, booking, what, sizeof what);
    snprintf(letter.to, sizeof letter.to, "%s", account->email);
    snprintf(letter.subject, sizeof letter.subject, "%.180s", notice->text);
    int at = snprintf(letter.body, sizeof letter.body, "%s\n%s\n", notice->text, words->chinese);
    if (booking)
        at += snprintf(letter.body + at, sizeof letter.body - (size_t)at,
                       "\nBooking / 预约 %" PRIu64 ": %s\n", booking->id, what);
    if (control->page[0])
        at += snprintf(letter.body + at, sizeof letter.body - (size_t)at, "%s\n", control->page);
    snprintf(letter.body + at, sizeof letter.body - (size_t)at,
             "\n-- \nNo more such mail / 不再接收邮件: labctl mail off\n");
    if (mailer_send(control->mailer, &letter) != 0)
        journal_write(control->journal, JOURNAL_WARNING, "notice %" PRIu64 " is not mailed: %s", notice->id,
                      control->mailer_gone ? "the mailer has ended" : "too many letters wait");
}

void mail_take_reports(struct control *control)
{
    struct mailer_report report;
    int got;
    while ((got = mailer_receive(control->mailer, &report)) == 1) {
        bool failed = report.why[0] != '\0';
        if (failed && !control->mail_fails)
            alerts_raise(control, NULL, "mail cannot be sent: %s; the notices are on the bus all the same",
                         report.why);
        else if (failed)
            journal_write(control->journal, JOURNAL_WARNING, "notice %" PRIu64 " is not mailed: %s",
                          report.number, report.why);
        control->mail_fails = failed;
    }
    if (got == 0)
        return;
    control->mailer_gone = true;
    /* Its socket stays readable from now on. */
    epoll_ctl(control->epoll, EPOLL_CTL_DEL, mailer_fd(control->mailer), NULL);
    alerts_raise(
        control, NULL,
        "the mailer process has ended: the letters that waited are lost, and none are sent until the "
        "gateway is started again; the notices are on the bus all the same");
}
