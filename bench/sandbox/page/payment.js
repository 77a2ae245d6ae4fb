// How many Stars the person pays, and for what.

import { byId } from "./dom.js";
import { t } from "./texts.js";

export function askPayment(pay) {
  const box = byId("payment");
  byId("payment-title").textContent = t("payTitle");
  byId("amount-label").textContent = t("amount");
  byId("payload-label").textContent = t("payload");
  byId("checkout-label").textContent = t("checkout");
  byId("payment-no").textContent = t("cancel");
  byId("payment-yes").textContent = t("pay");
  byId("payment-no").onclick = () => box.close();
  box.onclose = () => {
    if (box.returnValue === "pay") pay(byId("checkout").checked ? "checkout" : "pay", { amount: Number(byId("amount").value), payload: byId("payload").value.trim() });
  };
  box.returnValue = "";
  box.showModal();
  byId("amount").select();
}
