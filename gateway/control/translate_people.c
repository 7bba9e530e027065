#include "gateway/control/translate_private.h"

#include <stdlib.h>

void translate_login(struct answer_buffer *buffer, const struct answer_head *head,
                     const struct answer_login *login)
{
    Labgate__LoginDone done = LABGATE__LOGIN_DONE__INIT;
    done.token = translate_text(login->token);
    done.name = translate_text(login->name);
    done.rig = translate_text(login->rig);
    done.role = translate_role(login->role);
    done.expires = (uint64_t)login->expires;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_LOGIN;
    answer.login = &done;
    translate_finish(buffer, &answer);
}

void translate_accounts(struct answer_buffer *buffer, const struct answer_head *head,
                        const struct answer_account *accounts, size_t count)
{
    struct rows rows = translate_rows(count, sizeof(Labgate__Account));
    if (!rows.pointers) {
        translate_no_memory(buffer, head);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        Labgate__Account *to = rows.pointers[i];
        labgate__account__init(to);
        to->id = accounts[i].id;
        to->name = translate_text(accounts[i].name);
        to->title = translate_text(accounts[i].title);
        to->role = translate_role(accounts[i].role);
        to->disabled = accounts[i].disabled;
        to->email = translate_text(accounts[i].email);
        to->no_mail = accounts[i].no_mail;
    }
    Labgate__AccountList list = LABGATE__ACCOUNT_LIST__INIT;
    list.accounts = (Labgate__Account **)rows.pointers;
    list.n_accounts = count;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_ACCOUNTS;
    answer.accounts = &list;
    translate_finish(buffer, &answer);
    free(rows.pointers);
}

void translate_joined(struct answer_buffer *buffer, const struct answer_head *head,
                      const struct answer_joined *from)
{
    Labgate__Joined joined = LABGATE__JOINED__INIT;
    joined.seat = from->seat;
    joined.session = from->session;
    joined.epoch = from->epoch;
    joined.sequence = from->sequence;
    joined.ends = (uint64_t)from->ends;
    joined.may_control = from->may_control;
    joined.command_age = (uint64_t)from->command_age;
    joined.presence = (uint64_t)from->presence;
    joined.resume_window = (uint64_t)from->resume_window;
    joined.stays_on = (uint64_t)from->stays_on;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_JOIN;
    answer.join = &joined;
    translate_finish(buffer, &answer);
}

void translate_control(struct answer_buffer *buffer, const struct answer_head *head,
                       const struct answer_control *from)
{
    Labgate__Control control = LABGATE__CONTROL__INIT;
    control.epoch = from->epoch;
    control.controller = from->controller;
    control.condition = translate_condition(from->condition);
    control.durable = from->durable;
    control.nothing = from->nothing;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_CONTROL;
    answer.control = &control;
    translate_finish(buffer, &answer);
}

void translate_set(struct answer_buffer *buffer, const struct answer_head *head, const struct answer_set *set)
{
    Labgate__SetDone done = LABGATE__SET_DONE__INIT;
    done.verified = set->verified;
    done.value = set->value;
    done.before = set->before;
    done.ramping = set->ramping;
    done.has_nearest = set->has_nearest;
    done.nearest = set->nearest;
    done.sequence = set->sequence;
    done.epoch = set->epoch;
    Labgate__Answer answer = translate_begin(head);
    answer.body_case = LABGATE__ANSWER__BODY_SET;
    answer.set = &done;
    translate_finish(buffer, &answer);
}
